/**
 * What the operations mean: plain loops over {@code double[]}, each under its equation. Read these
 * to know, run {@code cpu} to go fast.
 */
package dev.riffle.kernels.reference;
