package io.mistersmith.persistence.core.contract;

import io.mistersmith.persistence.core.SharedPooler;
import io.mistersmith.persistence.testkit.contract.AgentRepositoryContract;
import io.mistersmith.persistence.testkit.contract.CheckpointContract;
import io.mistersmith.persistence.testkit.contract.CrossStoreContract;
import io.mistersmith.persistence.testkit.contract.MessageContract;
import io.mistersmith.persistence.testkit.contract.PersistenceFixture;
import io.mistersmith.persistence.testkit.contract.StateDurabilityContract;
import io.mistersmith.persistence.testkit.contract.StateRepositoryContract;
import io.mistersmith.persistence.testkit.contract.TasksContract;
import io.mistersmith.persistence.testkit.contract.TransactionNestingContract;
import io.mistersmith.persistence.testkit.contract.TransactionOutcomeContract;
import io.mistersmith.persistence.testkit.contract.TransactionRunnerContract;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/**
 * Contracts of the API on an engine whose PostgreSQL is behind a PgBouncer that pools transactions.
 */
@Tag("contract")
@Tag("newest")
class PooledServersContractIT {

  @Nested
  @Tag("full")
  class Agents extends AgentRepositoryContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers(SharedPooler::declared);
    }
  }

  @Nested
  @Tag("full")
  class Messages extends MessageContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers(SharedPooler::declared);
    }
  }

  @Nested
  @Tag("full")
  class States extends StateRepositoryContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers(SharedPooler::declared);
    }
  }

  @Nested
  @Tag("full")
  class Durability extends StateDurabilityContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers(SharedPooler::declared);
    }
  }

  @Nested
  @Tag("full")
  class TasksOfAgents extends TasksContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers(SharedPooler::declared);
    }
  }

  @Nested
  class Transactions extends TransactionRunnerContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers(SharedPooler::declared);
    }
  }

  @Nested
  @Tag("full")
  class Nesting extends TransactionNestingContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers(SharedPooler::declared);
    }
  }

  @Nested
  class Outcomes extends TransactionOutcomeContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers(SharedPooler::declared);
    }
  }

  @Nested
  @Tag("full")
  class Checkpoints extends CheckpointContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers(SharedPooler::declared);
    }
  }

  @Nested
  @Tag("full")
  class CrossStores extends CrossStoreContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers(SharedPooler::declared);
    }
  }
}
