package io.mistersmith.persistence.adk;

import io.mistersmith.persistence.testkit.SharedStores;
import org.junit.jupiter.api.AfterEach;

/** {@link ArtifactCases} in memory. */
class ArtifactCasesTest extends ArtifactCases {

  private final SharedStores stores = SharedStores.inMemory();

  @AfterEach
  void close() {
    stores.close();
  }

  @Override
  SharedStores stores() {
    return stores;
  }
}
