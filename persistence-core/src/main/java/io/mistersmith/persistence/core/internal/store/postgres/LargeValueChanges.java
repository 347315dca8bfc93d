package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import io.mistersmith.persistence.state.LargeValues.Description;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** What the keys and values of large values' changes must look like. */
final class LargeValueChanges {

  private static final Pattern NUMBER = Pattern.compile("0|[1-9][0-9]{0,8}");
  private static final Pattern CONTENT =
      Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

  private LargeValueChanges() {}

  /** Whether this is a chunk, which is no row of the state. */
  static boolean isChunk(StateKey key) {
    return key.type().equals(StateKey.CHUNK);
  }

  /** Whether the change makes its key name a content. */
  static boolean names(StateChange change, StateKey key) {
    return key.type().equals(StateKey.LARGE) && change.operation() == Operation.PUT;
  }

  /** The content that a legal chunk belongs to. */
  static UUID content(StateKey chunk) {
    return UUID.fromString(chunk.agent().name());
  }

  static int number(StateKey chunk) {
    return Integer.parseInt(chunk.key());
  }

  /** Why PostgreSQL need not be asked about the change; empty for one that it decides about. */
  static Optional<RefusedChange> refusal(StateChange change, StateKey key) {
    if (isChunk(key)) {
      boolean legal =
          key.agent().isExternal()
              && CONTENT.matcher(key.agent().name()).matches()
              && NUMBER.matcher(key.key()).matches()
              && change.operation() == Operation.PUT
              && change.value().length > 0;
      return legal
          ? Optional.empty()
          : refused(
              change, DataError.INVALID_KEY, "the subject is that of a chunk, and this is none");
    }
    if (names(change, key)) {
      try {
        Description unused = Description.parse(change.value());
      } catch (NonTransientPersistenceException e) {
        return refused(change, e.error(), String.valueOf(e.getMessage()));
      }
    }
    return Optional.empty();
  }

  private static Optional<RefusedChange> refused(
      StateChange change, DataError error, String reason) {
    return Optional.of(RefusedChange.unasked(change, error, reason));
  }
}
