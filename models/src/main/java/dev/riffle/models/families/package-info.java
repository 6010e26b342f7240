/**
 * The table of families: what a model directory or a golden file may name in its field {@code
 * family}, and who reads it.
 */
package dev.riffle.models.families;
