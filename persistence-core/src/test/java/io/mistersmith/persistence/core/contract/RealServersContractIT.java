package io.mistersmith.persistence.core.contract;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.contract.AgentQueryContract;
import io.mistersmith.persistence.testkit.contract.AgentRemovalContract;
import io.mistersmith.persistence.testkit.contract.AgentRepositoryContract;
import io.mistersmith.persistence.testkit.contract.CacheContract;
import io.mistersmith.persistence.testkit.contract.CheckpointConflictContract;
import io.mistersmith.persistence.testkit.contract.CheckpointContract;
import io.mistersmith.persistence.testkit.contract.CheckpointRetentionContract;
import io.mistersmith.persistence.testkit.contract.ClosingContract;
import io.mistersmith.persistence.testkit.contract.ConflictContract;
import io.mistersmith.persistence.testkit.contract.ConsistencyContract;
import io.mistersmith.persistence.testkit.contract.ExternalOwnerContract;
import io.mistersmith.persistence.testkit.contract.HotOutageContract;
import io.mistersmith.persistence.testkit.contract.LifecycleContract;
import io.mistersmith.persistence.testkit.contract.PersistenceFixture;
import io.mistersmith.persistence.testkit.contract.QueryCacheContract;
import io.mistersmith.persistence.testkit.contract.RevisionContract;
import io.mistersmith.persistence.testkit.contract.StateBadInputContract;
import io.mistersmith.persistence.testkit.contract.StateDurabilityContract;
import io.mistersmith.persistence.testkit.contract.StateExpiryContract;
import io.mistersmith.persistence.testkit.contract.StateKeysContract;
import io.mistersmith.persistence.testkit.contract.StateLayersContract;
import io.mistersmith.persistence.testkit.contract.StateQueryContract;
import io.mistersmith.persistence.testkit.contract.StateRepositoryContract;
import io.mistersmith.persistence.testkit.contract.StateTypesContract;
import io.mistersmith.persistence.testkit.contract.StoreGuardContract;
import io.mistersmith.persistence.testkit.contract.TransactionNestingContract;
import io.mistersmith.persistence.testkit.contract.TransactionOutcomeContract;
import io.mistersmith.persistence.testkit.contract.TransactionRunnerContract;
import io.mistersmith.persistence.testkit.contract.WriteThroughContract;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The API's contracts on the engine over NATS and PostgreSQL. */
@Tag("contract")
@Execution(ExecutionMode.CONCURRENT)
class RealServersContractIT {

  /**
   * Contracts of the engine rather than of a server: verify runs them on the newest servers alone.
   */
  private static final String NEWEST = "newest";

  @Nested
  class States extends StateRepositoryContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withOwnPools();
    }
  }

  @Nested
  class HotOutage extends HotOutageContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withOwnNats();
    }
  }

  @Nested
  class Layers extends StateLayersContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class Closing extends ClosingContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class Queries extends QueryCacheContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class Types extends StateTypesContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class Revisions extends RevisionContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class ExternalOwners extends ExternalOwnerContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  class Keys extends StateKeysContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  class Expiry extends StateExpiryContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  class Durability extends StateDurabilityContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withOwnPools();
    }
  }

  @Nested
  class WriteThrough extends WriteThroughContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class BadInput extends StateBadInputContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class Agents extends AgentRepositoryContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class AgentRemovals extends AgentRemovalContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  class AgentQueries extends AgentQueryContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  class StateQueries extends StateQueryContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withSets("state_search");
    }
  }

  @Nested
  class Consistencies extends ConsistencyContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class Conflicts extends ConflictContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class CheckpointsOfAgents extends CheckpointContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class CheckpointConflicts extends CheckpointConflictContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class CheckpointRetention extends CheckpointRetentionContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class Caches extends CacheContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class Lifecycle extends LifecycleContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag(NEWEST)
  class Transactions extends TransactionRunnerContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withOwnPools();
    }
  }

  @Nested
  @Tag(NEWEST)
  class Guards extends StoreGuardContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withOwnPools();
    }
  }

  @Nested
  @Tag(NEWEST)
  class TransactionOutcomes extends TransactionOutcomeContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withOwnPools();
    }
  }

  @Nested
  @Tag(NEWEST)
  class TransactionNesting extends TransactionNestingContract {
    @Override
    protected PersistenceFixture fixture() {
      return RealServers.withOwnPools();
    }
  }

  /** A repository that resolves its conflicts keeps every other promise, too. */
  @Nested
  @Tag(NEWEST)
  class ResolvedStates extends StateRepositoryContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }

    @Override
    protected StateRepository<Object> states(Persistence runtime) {
      return runtime.states(
          StateType.untyped(Object.class)
              .withRules(ConflictRules.of(ConflictResolver.lastWriteWins())));
    }
  }
}
