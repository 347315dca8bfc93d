package io.mistersmith.persistence.langgraph4j;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The saver over the stores in memory. */
class LangGraph4jTest extends CheckpointSaverContract {

  @SuppressWarnings("NullAway.Init")
  private static Bench bench;

  @BeforeAll
  static void open() {
    bench = Bench.inMemory();
  }

  @AfterAll
  static void close() {
    bench.close();
  }

  @Override
  Bench bench() {
    return bench;
  }
}
