package dev.riffle.kernels;

/**
 * The angles of {@link Operations#rotary}.
 *
 * @param table {@code [any, width]}: width/2 sines, then width/2 cosines
 * @param positions {@code [rows]} the table row of each row
 * @param pairs columns that are rotated together
 */
public record RotaryPositions(Tensor table, int[] positions, Pairs pairs) {}
