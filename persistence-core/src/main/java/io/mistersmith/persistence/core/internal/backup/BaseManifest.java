package io.mistersmith.persistence.core.internal.backup;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * What PostgreSQL's own manifest says of a base backup.
 *
 * @param timeline the timeline that the backup ended on
 * @param start where its recovery begins
 * @param stop where it is consistent
 * @param files each file by its path
 */
record BaseManifest(int timeline, Lsn start, Lsn stop, Map<String, Content> files) {

  private static final JsonFactory JSON = new JsonFactory();
  private static final String ALGORITHM = "CRC32C";

  /**
   * What a file holds.
   *
   * @param size how many bytes
   * @param crc32c its CRC-32C as PostgreSQL prints it; empty where it has another checksum
   */
  record Content(long size, String crc32c) {

    /** Returns what was read. */
    static Content of(long size, CRC32C checksum) {
      int value = (int) checksum.getValue();
      return new Content(size, HexFormat.of().toHexDigits(Integer.reverseBytes(value)));
    }

    /** Whether a file that was read is the one that is listed. */
    boolean isSame(Content read) {
      return size == read.size
          && (crc32c.isEmpty() || crc32c.equals(read.crc32c) || crc32c.equals(read.reversed()));
    }

    /** Returns the checksum as a server of the other order of bytes prints it. */
    private String reversed() {
      int value = HexFormat.fromHexDigits(crc32c);
      return HexFormat.of().toHexDigits(Integer.reverseBytes(value));
    }
  }

  /**
   * Fails where the server sent other files than it lists.
   *
   * @param read the files that were read, by their paths
   */
  void require(Map<String, Content> read) throws DamagedFileException {
    for (Map.Entry<String, Content> listed : files.entrySet()) {
      Content found = read.get(listed.getKey());
      if (found == null || !listed.getValue().isSame(found)) {
        throw new DamagedFileException(
            "the base backup does not fit its manifest: the file "
                + listed.getKey()
                + (found == null ? " is missing" : " has other content"));
      }
    }
  }

  /** Whether it is an increment of another base backup. */
  boolean isIncrement() {
    return files.keySet().stream().anyMatch(path -> path.contains("/INCREMENTAL."));
  }

  /** Reads a manifest, which may be too large to be read into memory as a tree. */
  static BaseManifest read(Path file) throws IOException {
    try (JsonParser parser = JSON.createParser(file.toFile())) {
      require(parser.nextToken() == JsonToken.START_OBJECT);
      return read(parser);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + " is no backup_manifest: " + e.getMessage(), e);
    }
  }

  private static BaseManifest read(JsonParser parser) throws IOException {
    Map<String, Content> files = new TreeMap<>();
    BaseManifest ranges = new BaseManifest(0, new Lsn(0), new Lsn(0), Map.of());
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equals("Files")) {
        require(value == JsonToken.START_ARRAY);
        readFiles(parser, files);
      } else if (name.equals("WAL-Ranges")) {
        require(value == JsonToken.START_ARRAY);
        ranges = readRanges(parser);
      } else {
        parser.skipChildren();
      }
    }
    require(ranges.timeline > 0);
    return new BaseManifest(ranges.timeline, ranges.start, ranges.stop, files);
  }

  private static void readFiles(JsonParser parser, Map<String, Content> files) throws IOException {
    while (parser.nextToken() == JsonToken.START_OBJECT) {
      String path = "";
      long size = 0;
      String algorithm = "";
      String checksum = "";
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        switch (name) {
          case "Path" -> path = parser.getText();
          case "Size" -> size = parser.getLongValue();
          case "Checksum-Algorithm" -> algorithm = parser.getText();
          case "Checksum" -> checksum = parser.getText();
          default -> parser.skipChildren();
        }
      }
      // A name that is no UTF-8 is listed in another way, and is not compared.
      if (!path.isEmpty()) {
        files.put(path, new Content(size, algorithm.equals(ALGORITHM) ? checksum : ""));
      }
    }
  }

  /** A backup of a standby that was promoted meanwhile has several ranges, the first one last. */
  private static BaseManifest readRanges(JsonParser parser) throws IOException {
    int timeline = 0;
    Lsn start = new Lsn(-1);
    Lsn stop = new Lsn(0);
    while (parser.nextToken() == JsonToken.START_OBJECT) {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        switch (name) {
          case "Timeline" -> timeline = Math.max(timeline, parser.getIntValue());
          case "Start-LSN" -> start = earlier(start, Lsn.parse(parser.getText()));
          case "End-LSN" -> stop = stop.max(Lsn.parse(parser.getText()));
          default -> parser.skipChildren();
        }
      }
    }
    return new BaseManifest(timeline, start, stop, Map.of());
  }

  private static Lsn earlier(Lsn one, Lsn other) {
    return other.isBefore(one) ? other : one;
  }

  private static void require(boolean condition) throws IOException {
    if (!condition) {
      throw new IOException("this is no backup_manifest of PostgreSQL");
    }
  }
}
