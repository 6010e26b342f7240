/**
 * Goldens: recorded inputs and outputs of the reference implementations, and how a model is held
 * against them.
 *
 * <pre>
 *   file -> GoldenCase -> a family's check -> GoldenReport.compare(stage, expected, found) -> GoldenResult
 * </pre>
 */
package dev.riffle.models.golden;
