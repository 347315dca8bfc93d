package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.jdbi.v3.core.statement.StatementContext;

/** Checkpoints as rows of {@code agents.checkpoints}, and entries as they lie in a snapshot. */
final class CheckpointRow {

  /** All but the snapshot, which may be large. */
  static final String COLUMNS =
      """
      checkpoint_id, agent_id, checkpoint_name, trigger_event, parent_checkpoint_id, journal_epoch,
      journal_sequence, kv_revision, entry_count, size_bytes, dead_letter_count, created_at
      """;

  private CheckpointRow() {}

  static Checkpoint read(ResultSet row, StatementContext context) throws SQLException {
    Long kvRevision = row.getObject("kv_revision", Long.class);
    return new Checkpoint(
        row.getObject("checkpoint_id", UUID.class),
        AgentId.of(row.getObject("agent_id", UUID.class)),
        Optional.ofNullable(row.getString("checkpoint_name")),
        Optional.ofNullable(row.getString("trigger_event")),
        Optional.ofNullable(row.getObject("parent_checkpoint_id", UUID.class)),
        row.getLong("journal_sequence") < 1
            ? Optional.empty()
            : Optional.of(
                new Revision.OfJournal(
                    row.getLong("journal_epoch"), row.getLong("journal_sequence"))),
        kvRevision == null ? OptionalLong.empty() : OptionalLong.of(kvRevision),
        row.getInt("entry_count"),
        row.getLong("size_bytes"),
        row.getInt("dead_letter_count"),
        SqlTime.get(row, "created_at"));
  }

  static StoredState entry(ResultSet row, StatementContext context) throws SQLException {
    return new StoredState(
        StateKey.ofPath(
            AgentId.of(row.getObject("agent_id", UUID.class)), row.getString("state_key")),
        StateRow.value(row),
        new Revision.OfJournal(row.getLong("epoch"), row.getLong("version")),
        SqlTime.get(row, "updated_at"),
        SqlTime.optional(row, "expires_at"),
        false,
        SqlProvenance.get(row));
  }
}
