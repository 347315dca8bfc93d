/**
 * The contracts: JUnit classes that say what a store and what the repositories must do. Extend one,
 * give it a fixture, and its tests run; the in-memory and the real stores pass the same ones.
 */
@NullMarked
package io.mistersmith.persistence.testkit.contract;

import org.jspecify.annotations.NullMarked;
