/** Where the server is and who asks. */
export interface AccessOptions {
    /** The address of the server, e.g. `https://chat.example.com`. */
    apiUrl: string;
    /** An access token or an agent's key. Either this or `getToken`. */
    token?: string;
    /**
     * Asked for an access token when one is needed, and again when the server does not take it any
     * more. It is called by one request at a time, and its answer is kept until then.
     */
    getToken?: () => string | Promise<string>;
    /** How long a request may take, in milliseconds; 30,000 when nothing is said. */
    requestTimeout?: number;
    /** How often a request that may be repeated is tried again; 3 when nothing is said. */
    retries?: number;
    /** Instead of the global `fetch`. */
    fetch?: typeof fetch;
}
export interface HttpRequest {
    query?: Record<string, unknown>;
    /** As on the wire. */
    body?: unknown;
    /** A body that is written while it is sent. */
    stream?: AsyncIterable<Uint8Array>;
    /** Trying again does no harm, whatever happened to the first try. */
    isRepeatable?: boolean;
    signal?: AbortSignal;
}
export declare class Http {
    #private;
    constructor(options: AccessOptions);
    setToken(token: string | undefined): void;
    /** The token of now is not to be used again. False: there is no way to get another one. */
    dropToken(stale?: string | undefined): boolean;
    /**
     * The answer's body, as on the wire.
     * @throws {ChatApiError} the server refused
     * @throws {ChatNetworkError} there was no answer
     */
    request<T>(method: string, path: string, request?: HttpRequest): Promise<T>;
}
/** Some time later, or as soon as `signal` says, with an error. */
export declare function pause(ms: number, signal?: AbortSignal): Promise<void>;
