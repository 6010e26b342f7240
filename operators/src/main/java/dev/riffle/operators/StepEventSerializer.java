package dev.riffle.operators;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Writes {@link StepEvent} between operators and into the reorder buffer. Version 2 added the
 * attributes of the format.
 */
public final class StepEventSerializer extends VersionedSerializer<StepEvent> {
  private static final long serialVersionUID = 1;

  /** Type information of {@link StepEvent}. */
  public static final TypeInformation<StepEvent> TYPE =
      new VersionedType<>(StepEvent.class, new StepEventSerializer());

  /** Identifies the JVM whose monotonic clock a value is from. */
  private static final long JVM = UUID.randomUUID().getMostSignificantBits();

  public StepEventSerializer() {
    super(2);
  }

  @Override
  public StepEvent copy(StepEvent from) {
    return from.at(from.position);
  }

  @Override
  protected void write(StepEvent event, DataOutputView out) throws IOException {
    writeText(event.sequenceId, out);
    out.writeBoolean(event.start);
    out.writeBoolean(event.end);
    out.writeLong(event.position);
    out.writeLong(event.captureMicros);
    Formats.write(event.format, out);
    writeBytes(littleEndian(event.values), out);
    out.writeLong(JVM);
    out.writeLong(event.arrivedNanos);
    SourceCoordinates origin = event.origin;
    out.writeBoolean(origin != null);
    if (origin != null) {
      writeText(origin.topic(), out);
      out.writeInt(origin.partition());
      out.writeLong(origin.offset());
      out.writeLong(origin.timestampMillis());
    }
  }

  @Override
  protected StepEvent read(int version, DataInputView in) throws IOException {
    StepEvent event = new StepEvent();
    event.sequenceId = readText(in);
    event.start = in.readBoolean();
    event.end = in.readBoolean();
    event.position = in.readLong();
    event.captureMicros = in.readLong();
    event.format = Formats.read(version, in);
    byte[] bytes = readBytes(in);
    event.values = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(event.values);
    boolean sameJvm = in.readLong() == JVM;
    long arrived = in.readLong();
    event.arrivedNanos = sameJvm ? arrived : System.nanoTime();
    if (in.readBoolean()) {
      event.origin =
          new SourceCoordinates(readText(in), in.readInt(), in.readLong(), in.readLong());
    }
    return event;
  }

  /** The values as little-endian float32. */
  static byte[] littleEndian(float[] values) {
    byte[] bytes = new byte[values.length * Float.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values);
    return bytes;
  }
}
