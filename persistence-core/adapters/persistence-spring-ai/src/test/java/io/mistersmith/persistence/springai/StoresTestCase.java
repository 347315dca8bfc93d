package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.testkit.SharedStores;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** A suite that runs over stores that its subclass names. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class StoresTestCase {

  private final SharedStores stores = openStores();

  Persistence persistence = stores.runtime();

  abstract SharedStores openStores();

  /** Opens another runtime over the same stores. */
  Persistence openAnother() {
    return stores.open();
  }

  @AfterAll
  void closeStores() {
    stores.close();
  }
}
