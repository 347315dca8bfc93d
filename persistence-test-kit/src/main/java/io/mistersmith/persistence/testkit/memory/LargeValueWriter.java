package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.state.LargeValues.Description;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Writes chunks of large values into the tables, and says which contents entries name. */
final class LargeValueWriter {

  private static final Pattern NUMBER = Pattern.compile("0|[1-9][0-9]{0,8}");
  private static final Pattern CONTENT =
      Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

  private LargeValueWriter() {}

  /** Writes a chunk; empty when that is settled. */
  static Optional<StateWriter.Refused> writeChunk(Tables tables, StateChange change, StateKey key) {
    boolean legal =
        key.agent().isExternal()
            && CONTENT.matcher(key.agent().name()).matches()
            && NUMBER.matcher(key.key()).matches()
            && change.operation() == Operation.PUT
            && change.value().length > 0;
    if (!legal) {
      return refused(
          DataError.INVALID_KEY,
          Optional.empty(),
          "the subject is that of a chunk, and this is none");
    }
    UUID content = UUID.fromString(key.agent().name());
    tables.largeValues.lock(content);
    Optional<Content.LargeRow> row = tables.largeValues.find(content);
    SortedMap<Integer, byte[]> chunks = new TreeMap<>();
    row.ifPresent(there -> chunks.putAll(there.chunks()));
    byte[] unused = chunks.putIfAbsent(Integer.parseInt(key.key()), change.value().clone());
    Instant writtenAt =
        row.map(Content.LargeRow::writtenAt)
            .filter(change.writtenAt()::isBefore)
            .orElse(change.writtenAt());
    tables.largeValues.put(
        content, new Content.LargeRow(content, chunks, writtenAt, Optional.empty()));
    return Optional.empty();
  }

  /** Why the entry must not become the row of its key; empty when it may. */
  static Optional<StateWriter.Refused> refusal(Tables tables, StateChange change) {
    Description description;
    try {
      description = Description.parse(change.value());
    } catch (NonTransientPersistenceException e) {
      return refused(e.error(), Optional.empty(), String.valueOf(e.getMessage()));
    }
    Optional<Content.LargeRow> row = tables.largeValues.find(description.content());
    int chunks = row.map(there -> there.chunks().size()).orElse(0);
    long bytes =
        row.map(there -> there.chunks().values().stream().mapToLong(c -> c.length).sum())
            .orElse(0L);
    if (chunks != description.chunks() || bytes != description.bytes()) {
      return refused(
          DataError.CONSTRAINT_VIOLATION,
          Optional.of("23514"),
          "SQLSTATE 23514, large_value_is_complete: chunks of the large value are missing");
    }
    row.ifPresent(
        there ->
            tables.largeValues.put(
                there.content(),
                new Content.LargeRow(
                    there.content(), there.chunks(), there.writtenAt(), Optional.empty())));
    return Optional.empty();
  }

  /** Whether a live entry, a checkpoint or a dead letter names the content. */
  static boolean isNamed(Tables tables, UUID content, Instant now) {
    return tables
            .states
            .all()
            .map(Content.StateRow::stored)
            .anyMatch(row -> !row.deleted() && !isOver(row, now) && names(row, content))
        || tables
            .checkpoints
            .all()
            .flatMap(checkpoint -> checkpoint.entries().values().stream())
            .anyMatch(row -> names(row, content))
        || tables
            .deadLetters
            .all()
            .map(Content.DeadRow::change)
            .anyMatch(change -> names(change.key(), change.value(), content));
  }

  /** Returns the contents that entries, checkpoints and dead letters of an owner name. */
  static Set<UUID> namedBy(Tables tables, AgentId owner) {
    Set<UUID> contents = new TreeSet<>();
    Stream.concat(
            tables.states(owner, StateKey.LARGE + '.'),
            tables
                .checkpoints
                .all()
                .filter(held -> held.checkpoint().agent().equals(owner))
                .flatMap(held -> held.entries().values().stream()))
        .forEach(row -> content(Optional.of(row.key()), row.value()).ifPresent(contents::add));
    tables
        .deadLetters
        .all()
        .map(Content.DeadRow::change)
        .filter(change -> change.key().filter(key -> key.agent().equals(owner)).isPresent())
        .forEach(change -> content(change.key(), change.value()).ifPresent(contents::add));
    return contents;
  }

  private static boolean isOver(StoredState row, Instant now) {
    return row.expiresAt().filter(end -> !end.isAfter(now)).isPresent();
  }

  private static boolean names(StoredState row, UUID content) {
    return names(Optional.of(row.key()), row.value(), content);
  }

  private static boolean names(Optional<StateKey> key, byte[] value, UUID content) {
    return content(key, value).equals(Optional.of(content));
  }

  private static Optional<UUID> content(Optional<StateKey> key, byte[] value) {
    if (key.filter(named -> named.type().equals(StateKey.LARGE)).isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Description.parse(value).content());
    } catch (NonTransientPersistenceException notOne) {
      return Optional.empty();
    }
  }

  private static Optional<StateWriter.Refused> refused(
      DataError error, Optional<String> sqlState, String reason) {
    return Optional.of(new StateWriter.Refused(error, sqlState, reason));
  }
}
