/**
 * names.ts — between the two spellings: camelCase in programs, snake_case on the wire.
 * Only names change, values never: what an application puts into `contentMeta` is a string.
 * @module
 */
type Json = unknown;
/** The same with all its keys in camelCase. */
export declare const camel: <T>(value: Json) => T;
/** The same with all its keys in snake_case; keys without a value are left out. */
export declare const snake: (value: Json) => Json;
export {};
