package dev.riffle.operators;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSchemaCompatibility;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Base class of serializers that write a version byte before the fields of each value. A newer
 * version reads values that an older one wrote, so state is migrated value by value, when it is
 * written next. Subclasses have no fields and a public constructor without arguments.
 */
public abstract class VersionedSerializer<T> extends TypeSerializer<T> {
  private static final long serialVersionUID = 1;
  private final int version;

  /**
   * @param version version that this class writes; it reads 1 to {@code version}
   */
  protected VersionedSerializer(int version) {
    this.version = version;
  }

  /** Writes the fields. */
  protected abstract void write(T record, DataOutputView out) throws IOException;

  /** Reads the fields as {@code version} wrote them. */
  protected abstract T read(int version, DataInputView in) throws IOException;

  /** Writes a text of any length; null is preserved. */
  protected static void writeText(String text, DataOutputView out) throws IOException {
    writeBytes(text == null ? null : text.getBytes(StandardCharsets.UTF_8), out);
  }

  /** Reads a text that {@link #writeText} wrote. */
  protected static String readText(DataInputView in) throws IOException {
    byte[] bytes = readBytes(in);
    return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
  }

  /** Writes a length and the bytes; null is preserved. */
  protected static void writeBytes(byte[] bytes, DataOutputView out) throws IOException {
    out.writeInt(bytes == null ? -1 : bytes.length);
    if (bytes != null) {
      out.write(bytes);
    }
  }

  /** Reads bytes that {@link #writeBytes} wrote. */
  protected static byte[] readBytes(DataInputView in) throws IOException {
    int length = in.readInt();
    if (length < 0) {
      return null;
    }
    byte[] bytes = new byte[length];
    in.readFully(bytes);
    return bytes;
  }

  @Override
  public final void serialize(T record, DataOutputView target) throws IOException {
    target.writeByte(version);
    write(record, target);
  }

  @Override
  public final T deserialize(DataInputView source) throws IOException {
    int found = source.readUnsignedByte();
    if (found < 1 || found > version) {
      throw new IOException(
          getClass().getSimpleName()
              + " reads versions 1 to "
              + version
              + " but found "
              + found
              + ". A newer release wrote this state. Start that release, or restore a savepoint of"
              + " this one.");
    }
    return read(found, source);
  }

  @Override
  public final T deserialize(T reuse, DataInputView source) throws IOException {
    return deserialize(source);
  }

  @Override
  public final void copy(DataInputView source, DataOutputView target) throws IOException {
    serialize(deserialize(source), target);
  }

  @Override
  public final T copy(T from, T reuse) {
    return copy(from);
  }

  @Override
  public final boolean isImmutableType() {
    return false;
  }

  @Override
  public final TypeSerializer<T> duplicate() {
    return this;
  }

  @Override
  public final T createInstance() {
    return null;
  }

  @Override
  public final int getLength() {
    return -1;
  }

  @Override
  @SuppressWarnings("EqualsGetClass") // serializers are equal if they are of one class
  public final boolean equals(Object other) {
    return other != null && other.getClass() == getClass();
  }

  @Override
  public final int hashCode() {
    return getClass().hashCode();
  }

  @Override
  public final TypeSerializerSnapshot<T> snapshotConfiguration() {
    return new Snapshot<>(this);
  }

  /** Stores the class of the serializer, whose versions are all compatible. */
  public static final class Snapshot<T> implements TypeSerializerSnapshot<T> {
    private VersionedSerializer<T> serializer;

    public Snapshot() {}

    Snapshot(VersionedSerializer<T> serializer) {
      this.serializer = serializer;
    }

    @Override
    public int getCurrentVersion() {
      return 1;
    }

    @Override
    public void writeSnapshot(DataOutputView out) throws IOException {
      out.writeUTF(serializer.getClass().getName());
    }

    @Override
    @SuppressWarnings("unchecked")
    public void readSnapshot(int readVersion, DataInputView in, ClassLoader loader)
        throws IOException {
      String name = in.readUTF();
      try {
        serializer =
            (VersionedSerializer<T>)
                Class.forName(name, true, loader)
                    .asSubclass(VersionedSerializer.class)
                    .getDeclaredConstructor()
                    .newInstance();
      } catch (ReflectiveOperationException e) {
        throw new IOException(
            "State was written by serializer " + name + ", which cannot be created here.", e);
      }
    }

    @Override
    public VersionedSerializer<T> restoreSerializer() {
      return serializer;
    }

    @Override
    public TypeSerializerSchemaCompatibility<T> resolveSchemaCompatibility(
        TypeSerializerSnapshot<T> old) {
      boolean same =
          old instanceof Snapshot
              && ((Snapshot<T>) old).serializer.getClass() == serializer.getClass();
      return same
          ? TypeSerializerSchemaCompatibility.compatibleAsIs()
          : TypeSerializerSchemaCompatibility.incompatible();
    }
  }
}
