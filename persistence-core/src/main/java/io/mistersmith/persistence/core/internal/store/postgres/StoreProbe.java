package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Asks whether {@code agents.state} takes rows at present, by writing one the way the flush does
 * and rolling it back: a new key with the value of a row that was taken before, preferably of an
 * agent that none of the refused rows belongs to, and then the same key again with a later
 * revision.
 */
final class StoreProbe {

  private static final String NEIGHBOUR =
      """
      SELECT r.agent_id AS agent,
             coalesce((SELECT s.state_value
                         FROM agents.state s
                        WHERE s.agent_id = r.agent_id AND s.deleted_at IS NULL
                        LIMIT 1), '{}')::text AS value
        FROM ((SELECT agent_id FROM agents.registry
                WHERE agent_id <> ALL (CAST(:agents AS uuid[]))
                LIMIT 1)
              UNION ALL
              (SELECT agent_id FROM agents.registry LIMIT 1)) r
       LIMIT 1
      """;

  private final StateUpsert states;

  StoreProbe(StateUpsert states) {
    this.states = states;
  }

  /** The table's answer to the row. */
  enum Kind {
    /** It took the row. */
    TAKES,
    /** It refused the row. */
    REFUSES,
    /** There is no agent that a row could be written for. */
    UNKNOWN
  }

  /**
   * The answer.
   *
   * @param kind what the table made of the row
   * @param failure how it refused, where it did
   */
  record Answer(Kind kind, @Nullable RuntimeException failure) {

    /** Whether the table refused the row in the same way as {@code thrown}. */
    boolean refusesLike(Throwable thrown) {
      return failure != null && PostgresFailures.areAlike(failure, thrown);
    }
  }

  /** Asks; throws where the failure says nothing about rows. Leaves no trace in the transaction. */
  Answer ask(Handle handle, List<StateRow> refused) {
    return neighbour(handle, refused)
        .map(row -> write(handle, row))
        .orElseGet(() -> new Answer(Kind.UNKNOWN, null));
  }

  /**
   * {@link #ask} about the time that a row takes: where no agent is registered, with a row of an
   * owner outside the registry.
   */
  Answer askForAnyOwner(Handle handle, List<StateRow> late) {
    return write(
        handle,
        neighbour(handle, late)
            .orElseGet(() -> row(key(AgentId.external("probe " + UUID.randomUUID())), "{}", 1)));
  }

  private Answer write(Handle handle, StateRow first) {
    handle.savepoint("probe");
    try {
      int written = states.write(handle, List.of(first));
      written += states.write(handle, List.of(later(first)));
      handle.rollbackToSavepoint("probe");
      return new Answer(written > 0 ? Kind.TAKES : Kind.UNKNOWN, null);
    } catch (RuntimeException e) {
      if (PostgresFailures.verdict(e) != PostgresFailures.Verdict.REFUSED) {
        throw e;
      }
      handle.rollbackToSavepoint("probe");
      return new Answer(Kind.REFUSES, e);
    }
  }

  private static Optional<StateRow> neighbour(Handle handle, List<StateRow> refused) {
    List<String> agents = refused.stream().map(StateRow::agentId).distinct().toList();
    return handle
        .createQuery(NEIGHBOUR)
        .bind("agents", SqlArray.text(agents))
        .map(
            (row, context) ->
                row(key(AgentId.of(row.getObject("agent", UUID.class))), row.getString("value"), 1))
        .findOne();
  }

  private static StateKey key(AgentId owner) {
    return StateKey.of(owner, "probe " + UUID.randomUUID());
  }

  private static StateRow later(StateRow row) {
    return row(row.key(), row.value(), row.change().revision().sequence() + 1);
  }

  private static StateRow row(StateKey key, String value, long sequence) {
    StateChange change =
        new StateChange(
            key.toString(),
            Optional.of(key),
            Operation.PUT,
            value.getBytes(StandardCharsets.UTF_8),
            new Revision.OfJournal(1, sequence),
            Instant.EPOCH,
            Optional.empty());
    return StateRow.of(change, key, value, false, "0".repeat(64));
  }
}
