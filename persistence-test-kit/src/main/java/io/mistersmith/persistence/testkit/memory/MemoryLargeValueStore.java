package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.spi.sql.LargeValueStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The chunks of large values, in memory. */
final class MemoryLargeValueStore implements LargeValueStore {

  private final Session session;

  MemoryLargeValueStore(Session session) {
    this.session = session;
  }

  @Override
  public List<byte[]> chunks(UUID content, int first, int most) {
    return session.call(
        tables -> {
          List<byte[]> found = new ArrayList<>();
          Optional<Content.LargeRow> row = tables.largeValues.find(content);
          for (int i = first; row.isPresent() && i < first + most; i++) {
            byte[] bytes = row.get().chunks().get(i);
            if (bytes == null) {
              break;
            }
            found.add(bytes.clone());
          }
          return found;
        });
  }

  @Override
  public int noteUnnamed(Instant writtenBefore, Duration grace) {
    Instant now = session.now();
    return session.call(
        tables -> {
          List<Content.LargeRow> unnamed =
              tables
                  .largeValues
                  .all()
                  .filter(row -> row.unnamedSince().isEmpty())
                  .filter(row -> row.writtenAt().isBefore(writtenBefore))
                  .filter(row -> !LargeValueWriter.isNamed(tables, row.content(), now))
                  .toList();
          unnamed.forEach(row -> note(tables, row, Optional.of(now)));
          return unnamed.size();
        });
  }

  @Override
  public int removeUnnamed(Duration grace) {
    Instant now = session.now();
    return session.call(
        tables -> {
          int removed = 0;
          for (Content.LargeRow row : tables.largeValues.all().toList()) {
            if (row.unnamedSince().filter(now.minus(grace)::isAfter).isEmpty()) {
              continue;
            }
            if (LargeValueWriter.isNamed(tables, row.content(), now)) {
              note(tables, row, Optional.empty());
            } else {
              removed += tables.largeValues.remove(row.content()) ? 1 : 0;
            }
          }
          return removed;
        });
  }

  private static void note(Tables tables, Content.LargeRow row, Optional<Instant> unnamedSince) {
    tables.largeValues.put(
        row.content(),
        new Content.LargeRow(row.content(), row.chunks(), row.writtenAt(), unnamedSince));
  }
}
