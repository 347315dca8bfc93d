package io.mistersmith.persistence.security;

import java.util.HashMap;
import java.util.Map;

/** Master keys in this process's memory. */
final class KeysInMemory implements MasterKeySource {

  private final Map<String, byte[]> keys;

  private KeysInMemory(Map<String, byte[]> keys) {
    this.keys = keys;
  }

  static KeysInMemory of(Map<String, byte[]> keys) {
    Map<String, byte[]> copies = new HashMap<>();
    keys.forEach((id, key) -> copies.put(id, MasterKeyText.checked(id, key.clone())));
    return new KeysInMemory(copies);
  }

  @Override
  public byte[] read(String id) {
    byte[] key = keys.get(id);
    if (key == null) {
      throw MasterKeyText.refused(id, "is not in memory");
    }
    return key.clone();
  }
}
