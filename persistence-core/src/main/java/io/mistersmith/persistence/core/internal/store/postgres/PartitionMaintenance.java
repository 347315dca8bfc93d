package io.mistersmith.persistence.core.internal.store.postgres;

import java.util.List;
import java.util.Optional;

/** Maintains the tables that are partitioned by time, one after another. */
interface PartitionMaintenance {

  /** Whether the database knows how; an older schema does not. */
  boolean available();

  /** The tables that are registered, in the order in which they are maintained. */
  List<Table> tables();

  /**
   * Maintains one table, in a transaction of its own.
   *
   * @return the outcome; empty if the table is not registered any more
   */
  Optional<Outcome> maintain(Table table);

  /**
   * A registered table.
   *
   * @param exists whether there is such a table
   */
  record Table(String schema, String name, boolean exists) {
    @Override
    public String toString() {
      return schema + "." + name;
    }
  }

  /**
   * The outcome of maintaining a table.
   *
   * @param result {@code done}, {@code incomplete}, {@code failed}, {@code missing} or {@code busy}
   * @param created how many partitions were created
   * @param drained how many rows were moved out of the default partition
   * @param retired how many partitions were detached or dropped
   * @param message what failed, empty otherwise
   */
  record Outcome(String result, int created, long drained, int retired, String message) {}
}
