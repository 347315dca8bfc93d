package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/**
 * Writes one change into the tables, with what the real schema would refuse: an owner that is no
 * registered agent, a value that is no {@code jsonb}.
 */
final class StateWriter {

  /** The reason why a change was refused. */
  record Refused(DataError error, Optional<String> sqlState, String reason) {}

  private StateWriter() {}

  /**
   * Writes the change unless its row is as late; empty when that is settled. A tombstone's age
   * counts from the later of its write and {@code now}.
   */
  static Optional<Refused> write(Tables tables, String bucket, StateChange change, Instant now) {
    Optional<Refused> refusal = refusal(tables, change);
    if (refusal.isPresent()) {
      return refusal;
    }
    StateKey key = change.key().orElseThrow();
    if (key.type().equals(StateKey.CHUNK)) {
      return LargeValueWriter.writeChunk(tables, change, key);
    }
    boolean deletes = change.operation() == Operation.DELETE;
    boolean later =
        tables.state(key).map(row -> change.revision().isAfter(row.revision())).orElse(true);
    if (later && !deletes && key.type().equals(StateKey.LARGE)) {
      Optional<Refused> problem = LargeValueWriter.refusal(tables, change);
      if (problem.isPresent()) {
        return problem;
      }
    }
    if (later && deletes && LogStore.Key.of(key).isPresent()) {
      tables.logEntries.remove(Tables.id(key));
    } else if (later) {
      tables.putState(
          new StoredState(
              key,
              deletes ? new byte[0] : change.value().clone(),
              change.revision(),
              change.writtenAt(),
              deletes ? Optional.empty() : change.expiresAt(),
              deletes,
              change.provenance()),
          change.writtenAt().isAfter(now) ? change.writtenAt() : now,
          change.actor());
    }
    if (later) {
      tables.deadLetters.removeIf(
          row ->
              row.letter().bucket().equals(bucket)
                  && row.change().key().equals(change.key())
                  && !row.change().revision().isAfter(change.revision()));
    }
    if (key.type().equals(LogStore.HEADS)) {
      tables.state(key).ifPresent(head -> MemoryLogStore.deleteBefore(tables, head));
    }
    return Optional.empty();
  }

  /** Why the schema refuses a change, whatever the tables hold of its key. */
  static Optional<Refused> refusal(Tables tables, StateChange change) {
    if (change.unreadable().isPresent()) {
      return refused(DataError.SERIALIZATION_ERROR, change.unreadable().get().reason());
    }
    if (change.key().isEmpty()) {
      return refused(DataError.INVALID_KEY, "the subject holds no legal key");
    }
    StateKey key = change.key().get();
    if (key.type().equals(StateKey.CHUNK)) {
      return Optional.empty();
    }
    if (!isAllowed(tables, key.agent())) {
      return refused(
          DataError.CONSTRAINT_VIOLATION,
          Optional.of("23503"),
          "SQLSTATE 23503, state_agent_id_fkey: the owner is no registered agent; register it");
    }
    if (change.operation() != Operation.DELETE) {
      Optional<String> problem = problem(key, change.value());
      if (problem.isPresent()) {
        return refused(DataError.SERIALIZATION_ERROR, problem.get());
      }
    }
    Optional<StoredState> taken = tables.state(key).filter(row -> isAnother(key, row, change));
    if (taken.isPresent()) {
      return refused(
          DataError.CONSTRAINT_VIOLATION,
          Optional.of("23514"),
          "SQLSTATE 23514, version_is_free: another entry of the log has this version");
    }
    return Optional.empty();
  }

  /** Whether another entry of a log has the version. */
  private static boolean isAnother(StateKey key, StoredState row, StateChange change) {
    return LogStore.Key.of(key).isPresent()
        && change.operation() == Operation.PUT
        && !row.revision().equals(change.revision())
        && !Arrays.equals(row.value(), change.value());
  }

  private static Optional<String> problem(StateKey key, byte[] value) {
    if (LogStore.Key.of(key).isEmpty()) {
      return JsonText.refusal(value);
    }
    Optional<LogStore.Envelope> entry = LogStore.Envelope.decode(value);
    return entry.isEmpty()
        ? Optional.of("the value is no entry of a log")
        : JsonText.refusal(entry.get().document());
  }

  /** External owners need no registration. */
  private static boolean isAllowed(Tables tables, AgentId agent) {
    return agent.isExternal() || tables.agents.refer(agent);
  }

  private static Optional<Refused> refused(DataError error, String reason) {
    return refused(error, Optional.empty(), reason);
  }

  private static Optional<Refused> refused(
      DataError error, Optional<String> sqlState, String reason) {
    return Optional.of(new Refused(error, sqlState, reason));
  }
}
