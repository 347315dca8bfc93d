package io.mistersmith.persistence.core.contract;

import io.mistersmith.persistence.testkit.contract.CheckpointContract;
import io.mistersmith.persistence.testkit.contract.EncryptedFixture;
import io.mistersmith.persistence.testkit.contract.EncryptionContract;
import io.mistersmith.persistence.testkit.contract.EncryptionKeysContract;
import io.mistersmith.persistence.testkit.contract.ForgottenKeysContract;
import io.mistersmith.persistence.testkit.contract.LogContract;
import io.mistersmith.persistence.testkit.contract.PersistenceFixture;
import io.mistersmith.persistence.testkit.contract.SessionCopyContract;
import io.mistersmith.persistence.testkit.contract.StateLayersContract;
import io.mistersmith.persistence.testkit.contract.StateRepositoryContract;
import io.mistersmith.persistence.testkit.contract.UnencryptedDataContract;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The contracts of encryption, and some others with entries encrypted, over NATS and PostgreSQL.
 */
@Tag("contract")
@Execution(ExecutionMode.CONCURRENT)
class RealServersEncryptionIT {

  @Nested
  @Tag("newest")
  class Encryption extends EncryptionContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag("newest")
  class EncryptionKeys extends EncryptionKeysContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag("newest")
  class UnencryptedData extends UnencryptedDataContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag("newest")
  class ForgottenKeys extends ForgottenKeysContract {
    @Override
    protected PersistenceFixture fixture() {
      return new RealServers();
    }
  }

  @Nested
  @Tag("full")
  @Tag("newest")
  class States extends StateRepositoryContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new RealServers());
    }
  }

  @Nested
  @Tag("full")
  @Tag("newest")
  class Layers extends StateLayersContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new RealServers());
    }
  }

  @Nested
  @Tag("full")
  @Tag("newest")
  class CheckpointsOfAgents extends CheckpointContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new RealServers());
    }
  }

  @Nested
  @Tag("newest")
  class Logs extends LogContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new RealServers());
    }
  }

  @Nested
  @Tag("newest")
  class SessionCopies extends SessionCopyContract {
    @Override
    protected PersistenceFixture fixture() {
      return new EncryptedFixture(new RealServers());
    }
  }
}
