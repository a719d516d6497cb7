using HsStream.Scoring.Bundles;
using HsStream.Training.Fitting;

namespace HsStream.Training.Modelling;

/// <summary>A model as it was stored, and what it cost.</summary>
/// <param name="Parameters">Learned numbers, those of n-grams that no text has left out.</param>
/// <param name="BundleBytes">All files together.</param>
/// <param name="TrainingTime">Wall time from rows to bundle.</param>
/// <param name="HeldOut">What the first run gave on the rows that it was calibrated on.</param>
public sealed record BuiltModel(BundleManifest Manifest, string Directory, long Parameters, long BundleBytes, TimeSpan TrainingTime, HeldOutScore HeldOut);
