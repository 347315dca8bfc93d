package io.mistersmith.persistence.a2a;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import org.junit.jupiter.api.AfterEach;

/** {@link ConversationCases} in memory. */
class ConversationCasesTest extends ConversationCases {

  private final InMemoryStores stores = new InMemoryStores();
  private final Persistence runtime = open();
  private Persistence another = open();

  private Persistence open() {
    return Persistence.open(PersistenceConfig.inMemory().build(), stores);
  }

  @AfterEach
  void close() {
    runtime.close();
    another.close();
  }

  @Override
  Persistence runtime() {
    return runtime;
  }

  @Override
  Persistence another() {
    return another;
  }

  @Override
  Persistence restarted() {
    another.close();
    another = open();
    return another;
  }

  @Override
  int turns() {
    return 500;
  }
}
