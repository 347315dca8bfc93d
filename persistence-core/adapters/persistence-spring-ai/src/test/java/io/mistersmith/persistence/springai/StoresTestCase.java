package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.Persistence;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** A suite that runs over stores that its subclass names. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class StoresTestCase {

  private final Memories memories = memories();

  Persistence persistence = memories.open();

  abstract Memories memories();

  /** Opens another runtime over the same stores. */
  Persistence openAnother() {
    return memories.open();
  }

  @AfterAll
  void closeStores() {
    memories.close();
  }
}
