package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.internal.base.Digests;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
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
 * A change in the form of a row of {@code agents.state}.
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

  private static final char REPLACEMENT = '\uFFFD';

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
      } else {
        Optional<String> text = text(change);
        if (text.isEmpty()) {
          refused.add(
              RefusedChange.unasked(
                  change, DataError.SERIALIZATION_ERROR, "the value is no UTF-8 text"));
        } else {
          String checksum = Digests.sha256Hex(sha256, change.value());
          boolean isDocumentKept =
              change.operation() == Operation.PUT && !JsonbText.givesBack(change.value());
          rows.add(of(change, key.get(), text.get(), isDocumentKept, checksum));
        }
      }
    }
    rows.sort(LOCK_ORDER);
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

  /**
   * The entry of a row with all columns; its document as {@code state_document}, and its value
   * where there is none.
   */
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

  private static Optional<String> text(StateChange change) {
    if (change.operation() == Operation.DELETE) {
      return Optional.of("null");
    }
    String text = new String(change.value(), StandardCharsets.UTF_8);
    if (text.indexOf(REPLACEMENT) < 0) {
      return Optional.of(text);
    }
    try {
      // Either it holds that character, or bytes that are no text were replaced by it.
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(change.value())).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }
}
