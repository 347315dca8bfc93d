package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.spi.StateChange;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A change in the form of a row of {@code agents.state}.
 *
 * @param change the change it was made of
 * @param key its key, whose agent is a UUID
 * @param value the value as text
 * @param isDocumentKept whether the text is kept beside jsonb, which would not give it back
 * @param checksum SHA-256 of the exact bytes
 */
record StateRow(
    StateChange change, StateKey key, String value, boolean isDocumentKept, String checksum) {

  /** Everybody who locks rows does it in this order, so that nobody waits in a circle. */
  static final Comparator<StateRow> LOCK_ORDER =
      Comparator.comparing((StateRow row) -> row.key().agent())
          .thenComparing(row -> row.key().key());

  private static final char REPLACEMENT = '\uFFFD';
  private static final HexFormat HEX = HexFormat.of();

  /** Sorts the changes into rows, and refusals of what no row can be made of. */
  static void of(List<StateChange> changes, List<StateRow> rows, List<RefusedChange> refused) {
    MessageDigest sha256 = sha256();
    for (StateChange change : changes) {
      Optional<StateKey> key = change.key();
      if (change.unreadable().isPresent()) {
        refused.add(
            RefusedChange.unasked(
                change, DataError.SERIALIZATION_ERROR, change.unreadable().get().reason()));
      } else if (key.isEmpty()) {
        refused.add(
            RefusedChange.unasked(change, DataError.INVALID_KEY, "the subject names no legal key"));
      } else if (agentId(key.get().agent()).isEmpty()) {
        refused.add(
            RefusedChange.unasked(
                change, DataError.INVALID_KEY, "the agent is no UUID in lower-case letters"));
      } else {
        Optional<String> text = text(change);
        if (text.isEmpty()) {
          refused.add(
              RefusedChange.unasked(
                  change, DataError.SERIALIZATION_ERROR, "the value is no UTF-8 text"));
        } else {
          String checksum = HEX.formatHex(sha256.digest(change.value()));
          boolean isDocumentKept =
              change.operation() == Operation.PUT && !JsonbText.givesBack(change.value());
          rows.add(new StateRow(change, key.get(), text.get(), isDocumentKept, checksum));
        }
      }
    }
    rows.sort(LOCK_ORDER);
  }

  /** The id, if it is written as PostgreSQL writes it: other spellings would be other keys. */
  static Optional<UUID> agentId(String agent) {
    if (agent.length() != 36) {
      return Optional.empty();
    }
    try {
      UUID id = UUID.fromString(agent);
      return id.toString().equals(agent) ? Optional.of(id) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The value that was saved, of a row with {@code state_document} and {@code state_value}. */
  static byte[] value(ResultSet row) throws SQLException {
    String document = row.getString("state_document");
    return document == null
        ? JsonbText.withoutBlanks(row.getString("state_value"))
        : document.getBytes(StandardCharsets.UTF_8);
  }

  boolean isDelete() {
    return change.operation() == Operation.DELETE;
  }

  /** When it was written by the hybrid clock of its writer, if that is known. */
  @Nullable String hybridTime() {
    return SqlProvenance.time(change.provenance());
  }

  /** Which writes it has seen, if that is known. */
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

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
