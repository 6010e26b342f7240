/**
 * Compressed input, as a stream of the bytes that were compressed.
 *
 * <pre>
 *   Compression       gzip, bzip2, xz, zstd or none, detected from the first bytes
 *   CompressedInput   decodes one of them; a damaged file is a DamagedInputException
 *   GzipInput         the members of a gzip file, one after the other
 *   CountingInput     the position in the compressed file
 * </pre>
 *
 * <p>All data before a damaged place is delivered. The exception that follows names the place. No
 * stream is asked how many bytes are available: a pipe does not know.
 */
package dev.riffle.dna.compressed;
