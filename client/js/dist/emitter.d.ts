/**
 * emitter.ts — who listens to what.
 * A listener that throws keeps no other one from hearing; its error surfaces like that of any
 * event handler of the platform. An event without listeners is nothing, `error` too.
 * @module
 */
export declare class Emitter<Events> {
    #private;
    /**
     * Call `listener` for every event of this name; listening twice is hearing twice.
     * @returns a function that ends it
     */
    on<K extends keyof Events>(name: K, listener: (payload: Events[K], conversationId?: string) => void): () => void;
    /** Call `listener` for the next event of this name only. */
    once<K extends keyof Events>(name: K, listener: (payload: Events[K], conversationId?: string) => void): () => void;
    /** Call `listener` no more; without one, none of those of this name. */
    off<K extends keyof Events>(name: K, listener?: (payload: Events[K], conversationId?: string) => void): void;
    emit<K extends keyof Events>(name: K, payload: Events[K], conversationId?: string): void;
}
