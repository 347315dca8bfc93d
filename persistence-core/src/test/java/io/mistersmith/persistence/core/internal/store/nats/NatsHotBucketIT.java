package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.testkit.contract.HotBucketContract;
import io.mistersmith.persistence.testkit.contract.HotEvictionContract;
import io.mistersmith.persistence.testkit.contract.HotJournalContract;
import io.mistersmith.persistence.testkit.contract.HotKeysContract;
import io.mistersmith.persistence.testkit.contract.HotLimitsContract;
import io.mistersmith.persistence.testkit.contract.HotOwnerContract;
import io.mistersmith.persistence.testkit.contract.HotSignalsContract;
import io.mistersmith.persistence.testkit.contract.HotStepContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The contracts of a bucket, on the oldest and the newest line of servers. */
@Execution(ExecutionMode.CONCURRENT)
class NatsHotBucketIT {

  @Nested
  class Oldest extends HotBucketContract {
    @Override
    protected StoresFixture fixture() {
      return new NatsFixture(NatsOptions.OLDEST);
    }
  }

  @Nested
  class Newest extends HotBucketContract {
    @Override
    protected StoresFixture fixture() {
      return new NatsFixture(NatsOptions.NEWEST);
    }
  }

  @Nested
  class EvictionOnOldest extends HotEvictionContract {
    @Override
    protected StoresFixture fixture() {
      return new NatsFixture(NatsOptions.OLDEST);
    }
  }

  @Nested
  class EvictionOnNewest extends HotEvictionContract {
    @Override
    protected StoresFixture fixture() {
      return new NatsFixture(NatsOptions.NEWEST);
    }
  }

  @Nested
  class KeysOnOldest extends HotKeysContract {
    @Override
    protected StoresFixture fixture() {
      return new NatsFixture(NatsOptions.OLDEST);
    }
  }

  @Nested
  class KeysOnNewest extends HotKeysContract {
    @Override
    protected StoresFixture fixture() {
      return new NatsFixture(NatsOptions.NEWEST);
    }
  }

  @Nested
  class JournalOnOldest extends HotJournalContract {
    @Override
    protected StoresFixture fixture() {
      return new NatsFixture(NatsOptions.OLDEST);
    }
  }

  @Nested
  class JournalOnNewest extends HotJournalContract {
    @Override
    protected StoresFixture fixture() {
      return new NatsFixture(NatsOptions.NEWEST);
    }
  }

  @Nested
  class LimitsOnOldest extends HotLimitsContract {
    @Override
    protected StoresFixture fixture() {
      return new NatsFixture(NatsOptions.OLDEST);
    }
  }

  @Nested
  class LimitsOnNewest extends HotLimitsContract {
    @Override
    protected StoresFixture fixture() {
      return new NatsFixture(NatsOptions.NEWEST);
    }
  }

  @Nested
  class SignalsOnOldest extends HotSignalsContract {
    @Override
    protected StoresFixture fixture() {
      return new NatsFixture(NatsOptions.OLDEST);
    }
  }

  @Nested
  class SignalsOnNewest extends HotSignalsContract {
    @Override
    protected StoresFixture fixture() {
      return new NatsFixture(NatsOptions.NEWEST);
    }
  }

  @Nested
  class OwnerOnOldest extends HotOwnerContract {
    @Override
    protected StoresFixture fixture() {
      return new NatsFixture(NatsOptions.OLDEST);
    }
  }

  @Nested
  class OwnerOnNewest extends HotOwnerContract {
    @Override
    protected StoresFixture fixture() {
      return new NatsFixture(NatsOptions.NEWEST);
    }
  }

  /** Servers before 2.12 cannot; StepRefusalIT has what they answer. */
  @Nested
  class StepsOnNewest extends HotStepContract {
    @Override
    protected StoresFixture fixture() {
      return new NatsFixture(NatsOptions.NEWEST);
    }
  }
}
