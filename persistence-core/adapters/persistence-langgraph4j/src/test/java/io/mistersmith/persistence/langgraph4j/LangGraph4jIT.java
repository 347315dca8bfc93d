package io.mistersmith.persistence.langgraph4j;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The saver on real servers. */
class LangGraph4jIT extends CheckpointSaverContract {

  @SuppressWarnings("NullAway.Init")
  private static Bench bench;

  @BeforeAll
  static void open() {
    bench = Bench.onServers();
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
