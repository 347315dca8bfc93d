package io.mistersmith.persistence.security;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.util.Base64;

/** Master keys as text. Messages name the place of a key, and nothing of it. */
final class MasterKeyText {

  private static final int BYTES = 32;

  private MasterKeyText() {}

  static byte[] decode(String place, String text) {
    byte[] key;
    try {
      key = Base64.getDecoder().decode(text.strip());
    } catch (IllegalArgumentException e) {
      throw refused(place, "is not base64");
    }
    return checked(place, key);
  }

  static byte[] checked(String place, byte[] key) {
    if (key.length != BYTES) {
      throw refused(place, "has " + key.length + " bytes instead of " + BYTES);
    }
    return key;
  }

  static NonTransientPersistenceException refused(String place, String why) {
    return new NonTransientPersistenceException(
        DataError.UNREADABLE,
        "master key " + place + " " + why + "; give it 32 random bytes in base64");
  }
}
