/**
 * Sound files and microphones, read in pieces.
 *
 * <pre>
 *   AudioFile.open(path)
 *     WAV, RF64, AIFF    -> PcmFile      every platform
 *     all that is left   -> CodecFile    FFmpeg's libavformat and libavcodec (LGPL build), Linux x86-64
 *   Microphone           -> the same, endless
 *        |
 *   read(float[], n)     interleaved channels, full scale 1, at the file's own rate
 *        |
 *   ChannelChoice        which channels are worth transcribing
 *   Samples.encode       -> the bytes of an AudioChunk
 * </pre>
 */
package dev.riffle.cli.audio;
