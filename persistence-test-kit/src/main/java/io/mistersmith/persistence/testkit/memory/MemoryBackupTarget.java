package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.backup.BackupTarget;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.UnaryOperator;

/** A place for backups in this process's memory, for tests. Thread-safe. */
public final class MemoryBackupTarget implements BackupTarget {

  private final Clock clock;
  private final ConcurrentNavigableMap<String, Kept> files = new ConcurrentSkipListMap<>();
  private final Map<String, ByteArrayOutputStream> parts = new ConcurrentHashMap<>();

  /** Stores files at the times of {@code clock}. */
  public MemoryBackupTarget(Clock clock) {
    this.clock = clock;
  }

  @SuppressWarnings("ArrayRecordComponent") // compared by its bytes alone
  private record Kept(byte[] bytes, Instant at) {}

  @Override
  public void put(String path, long size, InputStream content) {
    String checked = BackupTarget.checked(path);
    byte[] bytes;
    try {
      bytes = content.readAllBytes();
    } catch (IOException e) {
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, path + " was not stored: its content failed", e);
    }
    keep(checked, size, bytes);
  }

  private void keep(String path, long size, byte[] bytes) {
    if (size != UNKNOWN_SIZE && size != bytes.length) {
      throw new NonTransientPersistenceException(
          DataError.DATA_CORRUPTION,
          path + " has " + bytes.length + " bytes, and " + size + " were announced");
    }
    Kept before = files.putIfAbsent(path, new Kept(bytes, clock.instant()));
    if (before != null && !Arrays.equals(before.bytes(), bytes)) {
      throw new NonTransientPersistenceException(
          DataError.DUPLICATE_KEY, path + " exists with other content");
    }
  }

  @Override
  public InputStream get(String path, long offset) {
    byte[] bytes = bytes(path);
    int from = (int) Math.min(offset, bytes.length);
    return new ByteArrayInputStream(bytes, from, bytes.length - from);
  }

  /** Returns the bytes of a file. */
  public byte[] bytes(String path) {
    Kept kept = files.get(path);
    if (kept == null) {
      throw new NonTransientPersistenceException(DataError.NOT_FOUND, path + " does not exist");
    }
    return kept.bytes().clone();
  }

  /** Damages a file: replaces its bytes by what {@code damage} makes of them. */
  public void damage(String path, UnaryOperator<byte[]> damage) {
    files.put(path, new Kept(damage.apply(bytes(path)), clock.instant()));
  }

  @Override
  public Optional<Stored> find(String path) {
    return Optional.ofNullable(files.get(path)).map(kept -> stored(path, kept));
  }

  @Override
  public List<Stored> list(String prefix) {
    return files.tailMap(prefix, true).entrySet().stream()
        .takeWhile(file -> file.getKey().startsWith(prefix))
        .map(file -> stored(file.getKey(), file.getValue()))
        .toList();
  }

  private static Stored stored(String path, Kept kept) {
    return new Stored(path, kept.bytes().length, Optional.empty(), kept.at());
  }

  @Override
  public void delete(String path) {
    files.remove(path);
    parts.remove(path);
  }

  @Override
  public Upload resume(String path, long size) {
    String checked = BackupTarget.checked(path);
    if (size == UNKNOWN_SIZE) {
      parts.remove(checked);
    }
    return new Part(
        checked, size, parts.computeIfAbsent(checked, any -> new ByteArrayOutputStream()));
  }

  private final class Part implements Upload {

    private final String path;
    private final long size;
    private final ByteArrayOutputStream bytes;

    Part(String path, long size, ByteArrayOutputStream bytes) {
      this.path = path;
      this.size = size;
      this.bytes = bytes;
    }

    @Override
    public long offset() {
      return bytes.size();
    }

    @Override
    public void write(byte[] added, int from, int length) {
      bytes.write(added, from, length);
    }

    @Override
    public void complete() {
      parts.remove(path);
      keep(path, size, bytes.toByteArray());
    }

    @Override
    public void close() {
      // What was written is kept for the next upload.
    }
  }
}
