package io.mistersmith.persistence.spi;

import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.spi.hot.HotStore;
import io.mistersmith.persistence.spi.sql.SqlStore;
import java.util.List;

/** The opened stores of one runtime. Thread-safe. */
public interface Stores extends AutoCloseable {

  /** Returns the hot side. The same object every time. */
  HotStore hot();

  /** Returns the durable side. The same object every time. */
  SqlStore sql();

  /** Returns the pools of connections of the durable side; none where it needs no connections. */
  default Pools pools() {
    return Pools.NONE;
  }

  /**
   * Returns the features that were turned off because the servers lack them, in sentences for an
   * operator.
   */
  List<String> notices();

  /** Closes the connections. Calls under way fail as closed. */
  @Override
  void close();
}
