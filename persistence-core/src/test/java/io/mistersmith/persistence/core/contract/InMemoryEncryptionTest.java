package io.mistersmith.persistence.core.contract;

import io.mistersmith.persistence.testkit.contract.CacheContract;
import io.mistersmith.persistence.testkit.contract.CheckpointConflictContract;
import io.mistersmith.persistence.testkit.contract.CheckpointContract;
import io.mistersmith.persistence.testkit.contract.ConflictContract;
import io.mistersmith.persistence.testkit.contract.ConsistencyContract;
import io.mistersmith.persistence.testkit.contract.CrossStoreContract;
import io.mistersmith.persistence.testkit.contract.EncryptedFixture;
import io.mistersmith.persistence.testkit.contract.EncryptionContract;
import io.mistersmith.persistence.testkit.contract.EncryptionKeysContract;
import io.mistersmith.persistence.testkit.contract.ForgottenKeysContract;
import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.LogContract;
import io.mistersmith.persistence.testkit.contract.LogStepContract;
import io.mistersmith.persistence.testkit.contract.LogUpkeepContract;
import io.mistersmith.persistence.testkit.contract.PersistenceFixture;
import io.mistersmith.persistence.testkit.contract.QueryCacheContract;
import io.mistersmith.persistence.testkit.contract.SagaContract;
import io.mistersmith.persistence.testkit.contract.SessionContract;
import io.mistersmith.persistence.testkit.contract.SessionCopyContract;
import io.mistersmith.persistence.testkit.contract.StateExpiryContract;
import io.mistersmith.persistence.testkit.contract.StateLayersContract;
import io.mistersmith.persistence.testkit.contract.StateRepositoryContract;
import io.mistersmith.persistence.testkit.contract.StateTypesContract;
import io.mistersmith.persistence.testkit.contract.StepContract;
import io.mistersmith.persistence.testkit.contract.UnencryptedDataContract;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The contracts of encryption, and the others with entries encrypted, over in-memory stores. */
@Execution(ExecutionMode.CONCURRENT)
class InMemoryEncryptionTest {

  @Nested
  class Encryption extends EncryptionContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class EncryptionKeys extends EncryptionKeysContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class UnencryptedData extends UnencryptedDataContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class ForgottenKeys extends ForgottenKeysContract {
    @Override
    protected PersistenceFixture fixture() {
      return new InMemoryFixture();
    }
  }

  @Nested
  class States extends StateRepositoryContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new InMemoryFixture());
    }
  }

  @Nested
  class Layers extends StateLayersContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new InMemoryFixture());
    }
  }

  @Nested
  class Types extends StateTypesContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new InMemoryFixture());
    }
  }

  @Nested
  class Expiries extends StateExpiryContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new InMemoryFixture());
    }
  }

  @Nested
  class Conflicts extends ConflictContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new InMemoryFixture());
    }
  }

  @Nested
  class CheckpointsOfAgents extends CheckpointContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new InMemoryFixture());
    }
  }

  @Nested
  class CheckpointConflicts extends CheckpointConflictContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new InMemoryFixture());
    }
  }

  @Nested
  class Caches extends CacheContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new InMemoryFixture());
    }
  }

  @Nested
  class QueryResults extends QueryCacheContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new InMemoryFixture());
    }
  }

  @Nested
  class Consistencies extends ConsistencyContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new InMemoryFixture());
    }
  }

  @Nested
  class Steps extends StepContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new InMemoryFixture());
    }
  }

  @Nested
  class Logs extends LogContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new InMemoryFixture());
    }
  }

  @Nested
  class LogSteps extends LogStepContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new InMemoryFixture());
    }
  }

  @Nested
  class LogUpkeep extends LogUpkeepContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new InMemoryFixture());
    }
  }

  @Nested
  class SessionsOfUsers extends SessionContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new InMemoryFixture());
    }
  }

  @Nested
  class SessionCopies extends SessionCopyContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new InMemoryFixture());
    }
  }

  @Nested
  class SagasOfEntries extends SagaContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new InMemoryFixture());
    }
  }

  @Nested
  class CrossStores extends CrossStoreContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new InMemoryFixture());
    }
  }
}
