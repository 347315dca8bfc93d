package io.mistersmith.persistence.core.internal.backup;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * What PostgreSQL's own manifest says of a base backup.
 *
 * @param timeline the timeline that the backup ended on
 * @param start where its recovery begins
 * @param stop where it is consistent
 * @param sizes the size of each file by its path
 */
record BaseManifest(int timeline, Lsn start, Lsn stop, Map<String, Long> sizes) {

  private static final JsonFactory JSON = new JsonFactory();

  /** Whether it is an increment of another base backup. */
  boolean isIncrement() {
    return sizes.keySet().stream().anyMatch(path -> path.contains("/INCREMENTAL."));
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
    Map<String, Long> sizes = new TreeMap<>();
    BaseManifest ranges = new BaseManifest(0, new Lsn(0), new Lsn(0), Map.of());
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equals("Files")) {
        require(value == JsonToken.START_ARRAY);
        readFiles(parser, sizes);
      } else if (name.equals("WAL-Ranges")) {
        require(value == JsonToken.START_ARRAY);
        ranges = readRanges(parser);
      } else {
        parser.skipChildren();
      }
    }
    require(ranges.timeline > 0);
    return new BaseManifest(ranges.timeline, ranges.start, ranges.stop, sizes);
  }

  private static void readFiles(JsonParser parser, Map<String, Long> sizes) throws IOException {
    while (parser.nextToken() == JsonToken.START_OBJECT) {
      String path = "";
      long size = 0;
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        switch (name) {
          case "Path" -> path = parser.getText();
          case "Size" -> size = parser.getLongValue();
          default -> parser.skipChildren();
        }
      }
      sizes.put(path, size);
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
