namespace ComfyUi.Simulator.Images;

/// <summary>What a sampler was asked for, and so all that the painter needs.</summary>
internal sealed record Picture(string Text, ulong Seed, int Steps, string? Model, double Strength = 1);
