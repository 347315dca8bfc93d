package io.mistersmith.persistence.langgraph4j;

import io.mistersmith.persistence.testkit.SharedStores;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The saver over the stores in memory. */
class LangGraph4jTest extends CheckpointSaverContract {

  @SuppressWarnings("NullAway.Init")
  private static SharedStores stores;

  @BeforeAll
  static void open() {
    stores = SharedStores.inMemory();
  }

  @AfterAll
  static void close() {
    stores.close();
  }

  @Override
  SharedStores stores() {
    return stores;
  }
}
