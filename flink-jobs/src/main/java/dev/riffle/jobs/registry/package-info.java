/**
 * Schemas of a schema registry, by the ids in records.
 *
 * <pre>
 *   RegistryAccess      URL of the registry, and where its credentials are: SecretReference
 *   RegistryClient      requests, with bounded answers, bounded time and retries (Retries)
 *   RegisteredSchemas   the schema with an id, with the schemas to which it refers
 * </pre>
 *
 * <p>A secret is read where it is used and is part of no job file, argument or message.
 */
package dev.riffle.jobs.registry;
