package io.mistersmith.persistence.testkit.contract;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.security.KeyProvider;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** A key management service that can be away, and counts its calls. It has two master keys. */
final class SwitchedKeys implements KeyProvider {

  static final String MAIN = "main";
  static final String NEXT = "next";

  private final KeyProvider keys =
      KeyProvider.inMemory(Map.of(MAIN, key((byte) 1), NEXT, key((byte) 2)));
  private final AtomicInteger calls = new AtomicInteger();
  private volatile boolean away;

  private static byte[] key(byte each) {
    byte[] key = new byte[32];
    Arrays.fill(key, each);
    return key;
  }

  void away(boolean isAway) {
    away = isAway;
  }

  int calls() {
    return calls.get();
  }

  @Override
  public byte[] wrap(String masterKey, byte[] dataKey) {
    call();
    return keys.wrap(masterKey, dataKey);
  }

  @Override
  public byte[] unwrap(String masterKey, byte[] wrapped) {
    call();
    return keys.unwrap(masterKey, wrapped);
  }

  private void call() {
    calls.incrementAndGet();
    if (away) {
      throw new TransientPersistenceException(DataError.KEY_UNAVAILABLE, "switched off by a test");
    }
  }
}
