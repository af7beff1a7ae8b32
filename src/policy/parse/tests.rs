//! Tests of reading policies.
