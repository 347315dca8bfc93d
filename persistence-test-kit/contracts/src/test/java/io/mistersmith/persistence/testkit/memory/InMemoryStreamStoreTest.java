package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import io.mistersmith.persistence.testkit.contract.StreamConsumerContract;
import io.mistersmith.persistence.testkit.contract.StreamStoreContract;
import org.junit.jupiter.api.Nested;

/** The contracts of streams over the stores in memory. */
class InMemoryStreamStoreTest {

  @Nested
  class OfStreams extends StreamStoreContract {
    @Override
    protected StoresFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class OfConsumers extends StreamConsumerContract {
    @Override
    protected StoresFixture fixture() {
      return new InMemoryFixture();
    }
  }
}
