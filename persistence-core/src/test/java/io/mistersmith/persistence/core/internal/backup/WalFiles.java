package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/** Files of the WAL as PostgreSQL writes them, in small segments. */
final class WalFiles {

  static final long SIZE = 1L << 20;

  private static final int MAGIC = 0xD110;
  private static final int LONG_HEADER = 2;

  private WalFiles() {}

  /** Writes a segment into a directory, under its own name. */
  static Path segment(Path directory, int timeline, long number) throws IOException {
    return segment(directory, timeline, number, 0);
  }

  /** Writes a segment with other content. */
  static Path segment(Path directory, int timeline, long number, int content) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate((int) SIZE).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putShort((short) MAGIC).putShort((short) LONG_HEADER).putInt(timeline);
    bytes.putLong(number * SIZE).putInt(0).putInt(0);
    bytes.putLong(7_123_456_789L).putInt((int) SIZE).putInt(8192).putInt(content);
    WalSegment segment = new WalSegment(timeline, number);
    return Files.write(directory.resolve(segment.name(SIZE)), bytes.array());
  }

  /** A base backup from the begin of one segment to just before the end of another. */
  static BasePart base(int timeline, long first, long last) {
    return base(timeline, first, last, Instant.parse("2026-12-01T23:00:00Z"));
  }

  static BasePart base(int timeline, long first, long last, Instant stopped) {
    return new BasePart(
        "a base backup",
        new Lsn(first * SIZE + 40).toString(),
        new Lsn(last * SIZE + 256).toString(),
        timeline,
        stopped.minusSeconds(60),
        stopped,
        List.of(),
        new StoredFile("backups/a/postgresql/backup_manifest", 1, "00"),
        Optional.empty());
  }

  /** The names of segments, the last included. */
  static List<String> names(int timeline, long first, long last) {
    return LongStream.rangeClosed(first, last)
        .mapToObj(number -> new WalSegment(timeline, number).name(SIZE))
        .toList();
  }
}
