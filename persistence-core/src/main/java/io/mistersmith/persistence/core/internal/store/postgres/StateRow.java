package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.internal.base.Digests;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.security.Actor;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/**
 * A change in the form of a row of {@code agents.state}, or of {@code agents.log_entries} where its
 * key is that of a log's entry.
 *
 * @param change the change it was made of
 * @param key its key
 * @param agentId the owner as {@code agent_id} has it
 * @param value the value as text
 * @param isDocumentKept whether the text is kept beside jsonb, which would not give it back
 * @param checksum SHA-256 of the exact bytes
 */
record StateRow(
    StateChange change,
    StateKey key,
    String agentId,
    String value,
    boolean isDocumentKept,
    String checksum) {

  /** The order in which every statement locks rows, so that no deadlock arises. */
  static final Comparator<StateRow> LOCK_ORDER =
      Comparator.comparing((StateRow row) -> row.agentId())
          .thenComparing(row -> row.key().type())
          .thenComparing(row -> row.key().key());

  /** What {@link #stored} reads of {@code agents.state}, there called {@code s}. */
  static final String SELECT =
      """
      SELECT s.agent_id, s.owner, s.state_key,
             agents.saved_document(s.state_document, s.state_value) AS state_document,
             CASE WHEN agents.saved_document(s.state_document, s.state_value) IS NULL
                  THEN s.state_value END AS state_value,
             s.epoch, s.version, s.updated_at, s.expires_at, s.deleted_at, s.hybrid_time,
             s.vector_clock
      """;

  private static final char REPLACEMENT = '\uFFFD';
  private static final byte[] NOT_TEXT = {(byte) 0xff};

  static StateRow of(
      StateChange change, StateKey key, String value, boolean isDocumentKept, String checksum) {
    return new StateRow(change, key, agentId(key.agent()), value, isDocumentKept, checksum);
  }

  /** Sorts the changes into rows, and refusals of what no row can be made of. */
  static void of(List<StateChange> changes, List<StateRow> rows, List<RefusedChange> refused) {
    MessageDigest sha256 = Digests.sha256();
    for (StateChange change : changes) {
      Optional<StateKey> key = change.key();
      if (change.unreadable().isPresent()) {
        refused.add(
            RefusedChange.unasked(
                change, DataError.SERIALIZATION_ERROR, change.unreadable().get().reason()));
      } else if (key.isEmpty()) {
        refused.add(
            RefusedChange.unasked(change, DataError.INVALID_KEY, "the subject names no legal key"));
      } else if (!addLarge(change, key.get(), rows, refused)) {
        byte[] document = document(key.get(), change);
        Optional<String> text = text(change.operation(), document);
        if (text.isEmpty()) {
          refused.add(
              RefusedChange.unasked(
                  change, DataError.SERIALIZATION_ERROR, "the value is no UTF-8 text"));
        } else {
          String checksum = Digests.sha256Hex(sha256, change.value());
          boolean isDocumentKept =
              change.operation() == Operation.PUT && !JsonbText.givesBack(document);
          rows.add(of(change, key.get(), text.get(), isDocumentKept, checksum));
        }
      }
    }
    rows.sort(LOCK_ORDER);
  }

  /** Settles a chunk, and what cannot describe a large value; returns whether it was one. */
  private static boolean addLarge(
      StateChange change, StateKey key, List<StateRow> rows, List<RefusedChange> refused) {
    Optional<RefusedChange> refusal = LargeValueChanges.refusal(change, key);
    refusal.ifPresent(refused::add);
    if (refusal.isEmpty() && LargeValueChanges.isChunk(key)) {
      rows.add(of(change, key, "", false, ""));
      return true;
    }
    return refusal.isPresent();
  }

  /** Whether this is a chunk of a large value, which is no row of the state. */
  boolean isChunk() {
    return LargeValueChanges.isChunk(key);
  }

  /** Whether the row describes a large value. */
  boolean namesContent() {
    return LargeValueChanges.names(change, key);
  }

  /** The owner as {@code agent_id} has it. */
  static String agentId(AgentId agent) {
    return agent.isExternal() ? agent.uuid().toString() : agent.name();
  }

  /** The key of a row with {@code agent_id}, {@code owner} and {@code state_key}. */
  static StateKey key(ResultSet row) throws SQLException {
    String owner = row.getString("owner");
    return StateKey.ofPath(
        owner == null ? AgentId.of(row.getObject("agent_id", UUID.class)) : AgentId.external(owner),
        row.getString("state_key"));
  }

  /** The value that was saved, of a row with {@code state_document} and {@code state_value}. */
  static byte[] value(ResultSet row) throws SQLException {
    String document = row.getString("state_document");
    return document == null
        ? JsonbText.withoutBlanks(row.getString("state_value"))
        : document.getBytes(StandardCharsets.UTF_8);
  }

  /** The entry of a row that was read with {@link #SELECT}. */
  static StoredState stored(ResultSet row, StatementContext context) throws SQLException {
    boolean deleted = SqlTime.optional(row, "deleted_at").isPresent();
    return new StoredState(
        key(row),
        deleted ? new byte[0] : value(row),
        new Revision.OfJournal(row.getLong("epoch"), row.getLong("version")),
        SqlTime.get(row, "updated_at"),
        SqlTime.optional(row, "expires_at"),
        deleted,
        SqlProvenance.get(row));
  }

  /** The name of an owner outside the registry; null for a registered agent. */
  @Nullable String owner() {
    return key.agent().isExternal() ? key.agent().name() : null;
  }

  /** The entry of a log that this is a row of; empty for a row of {@code agents.state}. */
  Optional<LogStore.Key> logEntry() {
    return LogStore.Key.of(key);
  }

  boolean isDelete() {
    return change.operation() == Operation.DELETE;
  }

  /** When it was written by the hybrid clock of its writer, if that is known. */
  @Nullable String hybridTime() {
    return SqlProvenance.time(change.provenance());
  }

  /** Returns the vector clock of the version as text; null if it has none. */
  @Nullable String vectorClock() {
    return SqlProvenance.clock(change.provenance());
  }

  /** The actor that wrote it, if it is known. */
  @Nullable String actor() {
    return change.actor().map(Actor::name).orElse(null);
  }

  /** The request that the write belongs to, if it is known. */
  @Nullable String correlationId() {
    return change.actor().flatMap(Actor::correlationId).orElse(null);
  }

  /** The document in the value; a value that is no entry of a log is refused as JSON later. */
  private static byte[] document(StateKey key, StateChange change) {
    return LogStore.Key.of(key).isEmpty()
        ? change.value()
        : LogStore.Envelope.decode(change.value())
            .map(LogStore.Envelope::document)
            .orElse(NOT_TEXT);
  }

  private static Optional<String> text(Operation operation, byte[] value) {
    if (operation == Operation.DELETE) {
      return Optional.of("null");
    }
    String text = new String(value, StandardCharsets.UTF_8);
    if (text.indexOf(REPLACEMENT) < 0) {
      return Optional.of(text);
    }
    try {
      // Either it holds that character, or bytes that are no text were replaced by it.
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value)).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }
}
