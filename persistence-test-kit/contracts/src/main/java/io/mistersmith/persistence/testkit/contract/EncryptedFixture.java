package io.mistersmith.persistence.testkit.contract;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.security.EncryptionConfig;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.testkit.fault.Faults;
import java.time.Duration;

/** Runs a contract with entries encrypted, over the stores of another fixture. */
public final class EncryptedFixture implements PersistenceFixture {

  private final PersistenceFixture fixture;
  private final EncryptionConfig encryption =
      EncryptionConfig.builder(new SwitchedKeys(), SwitchedKeys.MAIN).keyOfEachOwner().build();

  /** Encrypts what goes into the stores of {@code fixture}. */
  public EncryptedFixture(PersistenceFixture fixture) {
    this.fixture = fixture;
  }

  @Override
  public Persistence open(PersistenceConfig config) {
    return fixture.open(config);
  }

  @Override
  public Persistence open(PersistenceConfig config, Faults faults) {
    return fixture.open(config, faults);
  }

  @Override
  public Stores stores(PersistenceConfig config) {
    return fixture.stores(config);
  }

  @Override
  public PersistenceConfig.Builder config() {
    return fixture.config().encryption(encryption);
  }

  @Override
  public void elapse(Duration time) {
    fixture.elapse(time);
  }

  @Override
  public void hotOutage(boolean away) {
    fixture.hotOutage(away);
  }

  /** With header, nonce and tag, in base64, as a JSON object of one member. */
  @Override
  public int storedBytes(int json) {
    return (json + 45 + 2) / 3 * 4 + 14;
  }

  @Override
  public void close() {
    fixture.close();
  }
}
