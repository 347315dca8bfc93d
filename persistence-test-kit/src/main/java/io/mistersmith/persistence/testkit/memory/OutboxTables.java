package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.spi.sql.OutboxChange;
import io.mistersmith.persistence.spi.sql.OutboxStore.Batch;
import io.mistersmith.persistence.spi.sql.OutboxStore.Position;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The committed tables of the outbox.
 *
 * @param changes by their ids; one that is done stays until the next rotation
 * @param batches by their numbers
 * @param positions the position, under 0; none before the first batch
 * @param ids the last id, which no rollback takes back
 */
record OutboxTables(
    Table<Long, NotedChange> changes,
    Table<Long, MadeBatch> batches,
    Table<Integer, Position> positions,
    AtomicLong ids) {

  /** A change, and whether a batch that is done has it. */
  record NotedChange(OutboxChange change, boolean done) {}

  /** A batch, and the ids of what is in it. */
  record MadeBatch(Batch batch, List<Long> ids) {}

  static OutboxTables empty() {
    return new OutboxTables(
        Table.inOrderOfKeys(), Table.inOrderOfKeys(), Table.inOrderOfKeys(), new AtomicLong());
  }

  OutboxTables copy() {
    return new OutboxTables(changes.copy(), batches.copy(), positions.copy(), ids);
  }
}
