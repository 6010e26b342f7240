/**
 * The demonstration piece.
 *
 * <pre>
 *   Piece.compose(seed, seconds) -> notes   the known score
 *   Rendering.of(piece)          -> WAV     by the JDK's own synthesizer
 * </pre>
 */
package dev.riffle.cli.music;
