package dev.riffle.cli.dna;

import java.nio.ByteBuffer;

/**
 * A read or contig to be sent.
 *
 * @param id also the Kafka key
 * @param geneticCode NCBI's number; null where nothing says it
 * @param bases letters as in the file, without white space
 * @param quality Phred + 33, a byte for each base; null where there is none
 */
public record Read(String id, Integer geneticCode, ByteBuffer bases, ByteBuffer quality) {}
