package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.SharedPooler;
import io.mistersmith.persistence.testkit.contract.AgentStoreContract;
import io.mistersmith.persistence.testkit.contract.CheckpointStoreContract;
import io.mistersmith.persistence.testkit.contract.DeadLetterStoreContract;
import io.mistersmith.persistence.testkit.contract.JournalApplyContract;
import io.mistersmith.persistence.testkit.contract.JournalRefusalContract;
import io.mistersmith.persistence.testkit.contract.JournalStoreContract;
import io.mistersmith.persistence.testkit.contract.LifecycleEventStoreContract;
import io.mistersmith.persistence.testkit.contract.PreparedUnitContract;
import io.mistersmith.persistence.testkit.contract.SessionStoreContract;
import io.mistersmith.persistence.testkit.contract.SqlIsolationContract;
import io.mistersmith.persistence.testkit.contract.SqlLockContract;
import io.mistersmith.persistence.testkit.contract.SqlSavepointContract;
import io.mistersmith.persistence.testkit.contract.SqlUnitContract;
import io.mistersmith.persistence.testkit.contract.StateStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** The contracts of the durable stores through a PgBouncer that pools transactions. */
@Tag("contract")
@Tag("newest")
class PooledContractIT {

  @Nested
  @Tag("full")
  class Agents extends AgentStoreContract {
    @Override
    protected StoresFixture fixture() {
      return new PostgresFixture(SharedPooler::declared);
    }
  }

  @Nested
  @Tag("full")
  class States extends StateStoreContract {
    @Override
    protected StoresFixture fixture() {
      return new PostgresFixture(SharedPooler::declared);
    }
  }

  @Nested
  @Tag("full")
  class Journals extends JournalStoreContract {
    @Override
    protected StoresFixture fixture() {
      return new PostgresFixture(SharedPooler::declared);
    }
  }

  @Nested
  class Batches extends JournalApplyContract {
    @Override
    protected StoresFixture fixture() {
      return new PostgresFixture(SharedPooler::declared);
    }
  }

  @Nested
  @Tag("full")
  class Refusals extends JournalRefusalContract {
    @Override
    protected StoresFixture fixture() {
      return new PostgresFixture(SharedPooler::declared);
    }
  }

  @Nested
  @Tag("full")
  class DeadLetters extends DeadLetterStoreContract {
    @Override
    protected StoresFixture fixture() {
      return new PostgresFixture(SharedPooler::declared);
    }
  }

  @Nested
  @Tag("full")
  class Copies extends CheckpointStoreContract {
    @Override
    protected StoresFixture fixture() {
      return new PostgresFixture(SharedPooler::declared);
    }
  }

  @Nested
  @Tag("full")
  class Sessions extends SessionStoreContract {
    @Override
    protected StoresFixture fixture() {
      return new PostgresFixture(SharedPooler::declared);
    }
  }

  @Nested
  @Tag("full")
  class LifecycleEvents extends LifecycleEventStoreContract {
    @Override
    protected StoresFixture fixture() {
      return new PostgresFixture(SharedPooler::declared);
    }
  }

  @Nested
  class Units extends SqlUnitContract {
    @Override
    protected StoresFixture fixture() {
      return new PostgresFixture(SharedPooler::declared);
    }
  }

  @Nested
  class Isolations extends SqlIsolationContract {
    @Override
    protected StoresFixture fixture() {
      return new PostgresFixture(SharedPooler::declared);
    }
  }

  @Nested
  class Locks extends SqlLockContract {
    @Override
    protected StoresFixture fixture() {
      return new PostgresFixture(SharedPooler::declared);
    }
  }

  @Nested
  @Tag("full")
  class Savepoints extends SqlSavepointContract {
    @Override
    protected StoresFixture fixture() {
      return new PostgresFixture(SharedPooler::declared);
    }
  }

  @Nested
  class Prepared extends PreparedUnitContract {
    @Override
    protected StoresFixture fixture() {
      return new PostgresFixture(SharedPooler::declared);
    }
  }
}
