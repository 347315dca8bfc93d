package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.testkit.contract.StoresFixture;
import io.mistersmith.persistence.testkit.contract.StreamConsumerContract;
import io.mistersmith.persistence.testkit.contract.StreamStoreContract;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The contracts of streams, on the oldest and the newest line of servers. */
@Execution(ExecutionMode.CONCURRENT)
class NatsStreamStoreIT {

  @Nested
  class StreamsOnOldest extends StreamStoreContract {
    @Override
    protected StoresFixture fixture() {
      return new NatsFixture(NatsOptions.OLDEST);
    }
  }

  @Nested
  class StreamsOnNewest extends StreamStoreContract {
    @Override
    protected StoresFixture fixture() {
      return new NatsFixture(NatsOptions.NEWEST);
    }
  }

  @Nested
  class ConsumersOnOldest extends StreamConsumerContract {
    @Override
    protected StoresFixture fixture() {
      return new NatsFixture(NatsOptions.OLDEST);
    }
  }

  @Nested
  class ConsumersOnNewest extends StreamConsumerContract {
    @Override
    protected StoresFixture fixture() {
      return new NatsFixture(NatsOptions.NEWEST);
    }
  }
}
