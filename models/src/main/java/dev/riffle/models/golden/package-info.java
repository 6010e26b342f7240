/**
 * Goldens: recorded inputs and outputs of the reference implementations, and the comparison of a
 * model with them.
 *
 * <pre>
 *   file -> GoldenCase -> LruGolden, QrnnGolden, ... -> GoldenReport.compare(name, expected, found)
 *                         (one class per family)                |
 *                                                          GoldenResult -> GoldenStatus per family
 * </pre>
 *
 * <p>{@link dev.riffle.models.golden.GoldenValues} cuts recorded sequences into steps and prefixes.
 */
package dev.riffle.models.golden;
