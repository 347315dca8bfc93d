package io.mistersmith.persistence.core.internal.codec;

import io.mistersmith.persistence.model.StateKey;
import java.util.UUID;

/**
 * The last step before bytes reach a store, and the first one after: encrypts and decrypts the
 * entries of one type of data. Thread-safe.
 */
public interface Sealing {

  /** Leaves bytes as they are. */
  Sealing NONE =
      new Sealing() {
        @Override
        public boolean isOn() {
          return false;
        }

        @Override
        public byte[] seal(StateKey key, byte[] json) {
          return json;
        }

        @Override
        public byte[] open(StateKey key, byte[] stored) {
          return stored;
        }

        @Override
        public byte[] sealPart(StateKey whole, Part part, byte[] bytes) {
          return bytes;
        }

        @Override
        public byte[] openPart(StateKey whole, Part part, byte[] stored) {
          return stored;
        }

        @Override
        public int partOverhead() {
          return 0;
        }
      };

  /** Whether it encrypts. */
  boolean isOn();

  /** Returns a JSON object that hides {@code json}, which need not be JSON. */
  byte[] seal(StateKey key, byte[] json);

  /**
   * Returns what {@link #seal} was given for the key.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code UNREADABLE}
   *     when it was changed, belongs to another key, or its data key is destroyed
   * @throws io.mistersmith.persistence.error.TransientPersistenceException {@code KEY_UNAVAILABLE}
   *     when its data key cannot be had now
   */
  byte[] open(StateKey key, byte[] stored);

  /**
   * Returns bytes that hide a part of a large value.
   *
   * @param whole the key that the value is written to: it decides whose data key is taken
   */
  byte[] sealPart(StateKey whole, Part part, byte[] bytes);

  /** Returns what {@link #sealPart} was given; fails as {@link #open} does. */
  byte[] openPart(StateKey whole, Part part, byte[] stored);

  /** Returns by how many bytes a sealed part is longer. */
  int partOverhead();

  /**
   * A part of a large value, which can stand for no other one.
   *
   * @param content the content
   * @param number its number, from 0
   * @param isLast whether the content ends with it, so that a shortened one is noticed
   */
  record Part(UUID content, int number, boolean isLast) {}
}
